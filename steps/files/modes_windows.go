package files

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// modesMean is false: Windows makes up the bits from the read-only attribute.
const modesMean = false

// mayWrite cannot be told without a try, and nothing is made to find out.
func mayWrite(string) bool { return true }

// strangers cannot be told from the bits, and the profile directory is its user's.
func strangers(os.FileInfo) bool { return false }

// ownLike has nothing to do: a new file inherits the rights of its directory.
func ownLike(string, string) error { return nil }

// OwnerAlone lets nobody but this user open a file, as mode 0600 does elsewhere: its
// access list has one entry and inherits none from its directory. A file system without
// such lists (FAT) keeps what it has.
func OwnerAlone(path string) error {
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fmt.Errorf("finding whose %s is to be: %w", path, err)
	}
	closed, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;" + me.User.Sid.String() + ")")
	if err != nil {
		return fmt.Errorf("finding whose %s is to be: %w", path, err)
	}
	list, _, err := closed.DACL()
	if err == nil {
		err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	}
	if err != nil && !errors.Is(err, windows.ERROR_NOT_SUPPORTED) {
		return fmt.Errorf("letting its owner alone open %s: %w", path, err)
	}
	return nil
}
