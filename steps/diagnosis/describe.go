package diagnosis

import (
	"errors"
	"strings"

	"stateroom/awsops"
)

// Describe is a failed call in one sentence: the call, the resource, the identity and
// AWS's own words with the request id, without its remedy and without secrets.
func Describe(err error) string {
	var e *awsops.Error
	if !errors.As(err, &e) {
		return Sentence(err.Error())
	}
	text := strings.TrimPrefix(e.Service+":"+e.Operation, ":")
	if e.Resource != "" {
		text += " on " + e.Resource
	}
	if e.Identity != "" {
		text += ", as " + e.Identity
	}
	return text + ": " + Answer(err)
}

// Answer is AWS's own words alone, without secrets.
func Answer(err error) string {
	var e *awsops.Error
	switch {
	case !errors.As(err, &e):
		return Sentence(err.Error())
	case e.Code == "" && e.Meaning != "" && !awsops.IsUnanswered(err):
		return Redact(e.Meaning) // the SDK's chain of everything that it tried says less
	}
	return Redact(e.Answer())
}

// Sentence is a text as a sentence of its own, without secrets.
func Sentence(text string) string {
	text = Redact(strings.TrimSpace(text))
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
