//go:build !windows

package files

// modesMean says that permission bits say who may read a file.
const modesMean = true
