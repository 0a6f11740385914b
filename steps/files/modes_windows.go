package files

import "os"

// modesMean is false: Windows makes up the bits from the read-only attribute.
const modesMean = false

// mayWrite cannot be told without a try, and nothing is made to find out.
func mayWrite(string) bool { return true }

// strangers cannot be told from the bits, and the profile directory is its user's.
func strangers(os.FileInfo) bool { return false }

// ownLike has nothing to do: a new file inherits the rights of its directory.
func ownLike(string, string) error { return nil }
