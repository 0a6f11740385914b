package files

import (
	"fmt"
	"os"
)

// FreeName is a path at which nothing is: the name, or with a number.
func FreeName(name string) string {
	for n, path := 2, name; ; n++ {
		if _, err := os.Lstat(path); err != nil {
			return path
		}
		path = fmt.Sprintf("%s.%d", name, n)
	}
}
