"""The web page: verdicts, and traces to step through, in one file that needs no network.

`verdict_page` makes the page of a run, `server` the page with the model live behind it. Python
gathers what is shown as JSON (`data`, `trace_data`, `holds`, `state_figure`), `document` puts it
into a file with the styles and scripts of `parts/`, and these show it, as text and never as markup.
"""
