"""What a query found, what changed since, and who consented: told to people and to programs.

    summary     the model of an answer: counts, sentences, facets, links to work through
    wording     its values and codes in plain English        sanitize   texts of others, made safe to show
    advice      what can be done now, per platform           crops      a picture for each appearance
    text, json, csv, html                                    an `Answer` in each form
    differences, consent_records                             the other two things that are told

html.py fills templates/. Every caption, path, name and link was written by somebody else and is shown as
text, never as markup.
"""
