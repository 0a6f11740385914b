package sandbox

// keyWords are the reasons that a service gives where the customer's key of an instance
// fails it (the enumerations …ExceptionReason of its model).
type keyWords struct{ denied, missing, disabled, state string }

// usable is nil where the caller may read what the customer's key of the instance has
// encrypted, or there is no such key. Identity Center asks KMS in the caller's name ("Key
// policy statements", Identity Center user guide).
func (c *identityCenter) usable(r *request, kms *kmsService, words keyWords) error {
	if c.key == "" {
		return nil
	}
	refuse := func(code, reason, text string) error {
		return badRequest(code, "%s", "KMS key "+c.key+" "+text).with(details{"Reason": reason})
	}
	key := kms.keys[c.key]
	switch {
	case key == nil:
		return refuse("ResourceNotFoundException", words.missing, "was not found.")
	case key.state == kmsDisabled:
		return refuse("ValidationException", words.disabled, "is disabled.")
	case key.usable() != nil:
		return refuse("ValidationException", words.state, "is in a state in which it cannot be used.")
	case kms.authorizeKey(r, "Decrypt", key, map[string][]string{}) != nil:
		return refuse("AccessDeniedException", words.denied, "may not be used by "+r.caller.arn+".")
	}
	return nil
}
