"""The command line: arguments in, lines out; an error becomes one line and exit code 2.

commands
    Further commands of the command line: on finished runs, and for handing work over.
fetch
    The commands below `frontline fetch`: arguments in, lines out.
main
    The command line: arguments in, one line per problem out.
memory
    Less memory reserved where the system allows little.
options
    Options that several commands share, declared once and handed over as one value.
terminal
    What reaches the terminal: text of the data never moves its cursor, colours it or hides.
"""
