complete --keep-order --exclusive --command attune --arguments "(COMPLETE=fish attune -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
