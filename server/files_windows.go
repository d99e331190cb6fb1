package server

// openFiles is how many files this process may have open: Windows bounds them by
// memory only.
func openFiles() int { return 1 << 14 }
