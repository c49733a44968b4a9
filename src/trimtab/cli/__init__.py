"""The command line, `trimtab COMMAND ...`: one module a command."""
