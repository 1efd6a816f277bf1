"""Language models behind OpenAI-compatible and Gemini endpoints: settings, formats and calls."""
