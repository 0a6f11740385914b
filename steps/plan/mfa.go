package plan

import (
	"stateroom/awsops"
)

// MFA says whose MFA codes the calls of a change wait for, and of which
// device. What was typed is never kept.
type MFA struct {
	User string
	// Device is the serial number.
	Device string
	// Made is the change that makes the device, whose seed is shown with the
	// question; empty for a device that is in somebody's app already.
	Made string
}

// The outputs by which a change's own calls refer to the codes.
const (
	FirstCode  = "code"
	SecondCode = "next-code"
)

// CodeRef is the token that stands for the code in a call of the change of this
// id, which has an MFA.
func CodeRef(change string) string { return awsops.Ref(change, FirstCode) }

// NextCodeRef is the token for the second of two codes in a row.
func NextCodeRef(change string) string { return awsops.Ref(change, SecondCode) }
