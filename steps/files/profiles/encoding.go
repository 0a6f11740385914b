package profiles

import (
	"bytes"

	"stateroom/steps/files"
)

// Encoding names how a file is written that no AWS tool reads whole, and what becomes of
// it; empty for one in plain UTF-8.
func Encoding(file files.Snapshot) string {
	switch mark := hasBOM(file.Bytes); {
	case mark == "UTF-8":
		return "begins with a UTF-8 byte order mark: Terraform does not see its first section, and the AWS CLI cannot read it"
	case mark != "" || bytes.IndexByte(file.Bytes, 0) >= 0:
		return "is in UTF-16: Terraform finds no profile in it, and the AWS CLI cannot read it"
	}
	return ""
}
