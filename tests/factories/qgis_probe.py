"""Run by the system's Python, which has QGIS: open layers of a GeoPackage and say what is seen."""

import json
import sys

from qgis.core import QgsApplication, QgsRenderContext, QgsVectorLayer


def seen(path, name):
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    renderer = layer.renderer()
    rules = renderer.rootRule().descendants() if renderer.type() == "RuleRenderer" else []
    return {
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "renderer": renderer.type(),
        "rules": [rule.label() for rule in rules],
        "colours": sorted({s.color().name() for s in renderer.symbols(QgsRenderContext())}),
        "aliases": {f.name(): layer.attributeAlias(i) for i, f in enumerate(layer.fields())},
        "names": [f["name"] for f in layer.getFeatures()] if name == "settlements" else [],
        "title": layer.metadata().title(),
        "licences": layer.metadata().licenses(),
        "crs": layer.crs().authid(),
    }


def main():
    app = QgsApplication([], False)
    app.initQgis()
    print(json.dumps({name: seen(sys.argv[1], name) for name in sys.argv[2:]}))
    app.exitQgis()


main()
