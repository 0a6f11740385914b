package troubleshoot

import "context"

// laptop is what can be checked without AWS.
func (s *scene) laptop(context.Context) outcome { return outcome{} }
