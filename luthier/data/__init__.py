"""From data of any known kind to checked, split rows: `prepare.prepare`."""
