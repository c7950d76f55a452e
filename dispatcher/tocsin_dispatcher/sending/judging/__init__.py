"""Following the paths of captures and assertions into answers, so that no answer and no path can hold others up."""
