"""The CPU engine: graphs lowered to a flat plan that C++ runs over one arena."""
