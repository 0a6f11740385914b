package diagnosis

import (
	"errors"
)

// What Read refuses. Each text is one sentence for people, with what to do.
var (
	// ErrEmpty says that there was nothing but white space.
	ErrEmpty = errors.New("the error text is empty; give what Terraform printed, its standard error included")
	// ErrBinary says that the input is no text in UTF-8.
	ErrBinary = errors.New("the error text is not UTF-8 text; give what Terraform printed as plain text")
	// ErrOnlyLog says that TF_LOG lines were all there was.
	ErrOnlyLog = errors.New("the error text holds log lines (TF_LOG) but no message of Terraform; give what it printed at its end too")
)
