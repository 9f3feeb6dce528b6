"""What a query found, told to people and to programs.

summary.summarise   counts, and the answer in words
terminal.terminal   text for a terminal          as_json.to_json, as_csv.to_csv   for programs
html.to_html        one self-contained page      pictures.crop                    a face with its surroundings
advice.advice       what can be done now         worklist.worklist                links to work through

Nothing here knows the library, the engine or the command line: an `Answer` goes in, text comes out. Every
caption, path, name and link in it was written by somebody else and is shown as text, never as markup.
"""
