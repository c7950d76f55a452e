"""Git as this project's commands ask it: files at a commit, remotes, the default branch, where a commit came from."""
