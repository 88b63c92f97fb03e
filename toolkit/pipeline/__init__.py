"""The replication runner: notebooks in, a folder of tables, figures and pages out.

- `toolkit.pipeline.artefacts`: what a notebook calls (``save``, ``record``, ``quick``);
- `toolkit.pipeline.runner`: ``replicate``, the main job, behind ``toolkit replicate``;
- `toolkit.pipeline.plan`: what will be run and what still stands;
- `toolkit.pipeline.notebooks`: find, read and execute notebooks;
- `toolkit.pipeline.manifest`: content hashes of inputs and results;
- `toolkit.pipeline.pages`: an executed notebook as a page that needs no network;
- `toolkit.pipeline.progress`: bars on a terminal, plain lines elsewhere.
"""
