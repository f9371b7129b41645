"""Run by the system's Python, which has QGIS: open a project, say what is seen, draw it."""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsLayerTreeGroup,
    QgsLayoutExporter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsSymbolLegendNode,
)
from qgis.PyQt.QtCore import QSize, Qt


def drawn(project, layers, path):
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setLabelingEngineSettings(project.labelingEngineSettings())
    settings.setBackgroundColor(project.backgroundColor())
    settings.setExtent(project.viewSettings().defaultViewExtent())
    settings.setOutputSize(QSize(700, 600))
    settings.setLayers(layers)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)
    labels = job.takeLabelingResults()
    return {
        "errors": [error.message for error in job.errors()],
        "labels": sorted(label.labelText for label in labels.allLabels()) if labels else [],
    }


def facts(layer):
    found = {
        "name": layer.name(),
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "source": layer.source(),
        "title": layer.metadata().title(),
        "renderer": layer.renderer().type(),
    }
    if found["renderer"] == "singlebandgray":
        stretch = layer.renderer().contrastEnhancement()
        return {**found, "stretch": [stretch.minimumValue(), stretch.maximumValue()]}
    if isinstance(layer, QgsRasterLayer):
        items = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
        return {**found, "classes": [item.value for item in items]}
    kinds = {f.name(): layer.editorWidgetSetup(i) for i, f in enumerate(layer.fields())}
    return {
        **found,
        "count": layer.featureCount(),
        "labelled": layer.labelsEnabled(),
        "rules": [rule.label() for rule in layer.renderer().rootRule().descendants()],
        "aliases": {f.name(): layer.attributeAlias(i) for i, f in enumerate(layer.fields())},
        "words": {
            name: [next(iter(entry.items())) for entry in kind.config()["map"]]
            for name, kind in kinds.items()
            if kind.type() == "ValueMap"
        },
    }


def words(model, parent=None):
    """What the legend of a page says: names of layers and of symbols, evaluated as QGIS does."""
    found = []
    for row in range(model.rowCount(*([parent] if parent else []))):
        index = model.index(row, 0, *([parent] if parent else []))
        found += [str(model.data(index, Qt.DisplayRole)), *words(model, index)]
        node = model.index2legendNode(index)
        if isinstance(node, QgsSymbolLegendNode):
            found.append(node.evaluateLabel())
    return found


def page(layout, path):
    image = QgsLayoutExporter(layout).renderPageToImage(0, QSize(891, 630))
    image.save(path)
    chart = layout.itemById("map")
    return {
        "items": sorted(item.id() for item in layout.items() if hasattr(item, "id") and item.id()),
        "layers": [layer.id() for layer in chart.layersToRender()],
        "title": layout.itemById("title").text(),
        "foot": layout.itemById("foot").text(),
        "scale_km": layout.itemById("scale").unitsPerSegment(),
        "width_m": chart.extent().width(),
        "legend": words(layout.itemById("legend").model()),
    }


def tree(node):
    return [
        [child.name(), tree(child)] if isinstance(child, QgsLayerTreeGroup) else child.layerId()
        for child in node.children()
    ]


def main():
    path, folder = sys.argv[1:]
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    read = project.read(path)
    root = project.layerTreeRoot()
    shown = [node.layer() for node in root.findLayers() if node.isVisible()]
    themes = project.mapThemeCollection()
    found = {
        "read": read,
        "title": project.title(),
        "plane": project.crs().toProj(),
        "abstract": project.metadata().abstract(),
        "tree": tree(root),
        "layers": {layer.id(): facts(layer) for layer in project.mapLayers().values()},
        "shown": [layer.id() for layer in shown],
        "picture": drawn(project, shown, f"{folder}/opened.png"),
        "themes": {},
    }
    for number, name in enumerate(themes.mapThemes()):
        layers = themes.mapThemeVisibleLayers(name)
        found["themes"][name] = {
            "layers": [layer.id() for layer in layers],
            **drawn(project, layers, f"{folder}/theme_{number}.png"),
        }
    found["pages"] = {
        layout.name(): page(layout, f"{folder}/page_{number}.png")
        for number, layout in enumerate(project.layoutManager().printLayouts())
    }
    beside = QgsRasterLayer(f"{folder}/rasters/sight_line_b.tif", "on its own")
    found["beside"] = facts(beside) if beside.isValid() else None
    print("FOUND" + json.dumps(found))
    app.exitQgis()


main()
