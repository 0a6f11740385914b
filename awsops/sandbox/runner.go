package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// Runner gives a session of a role as the service does that hands them to what it runs: an
// instance, a task, a pod. Where the role is not there, it is made, with its account if
// need be, and may assume whatever trusts it.
func (s *Server) Runner(arn string) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	match, now := roleARN.FindStringSubmatch(arn), s.options.Now()
	if match == nil || match[1] != s.partition.id {
		return Credentials{}, fmt.Errorf("%s is no role of the sandbox's partition", arn)
	}
	a := s.accounts[match[2]]
	if a == nil {
		a = s.addMember(match[2], "runners-"+match[2], match[2]+"@example.com", bootstrapRole, now)
	}
	path := strings.TrimPrefix(match[3], "role")
	path, name := path[:strings.LastIndex(path, "/")+1], path[strings.LastIndex(path, "/")+1:]
	ro := a.roles[strings.ToLower(name)]
	if ro == nil {
		ro = &role{entity: entity{kind: roleKind, path: path, name: name, id: s.ids.unique("AROA"), created: now}, maxSession: 3600}
		ro.grants.set(grants{
			trust:  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			inline: map[string]string{"runner": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`},
		}, now, now)
		a.roles[strings.ToLower(name)] = ro
	}
	if ro.arn(a) != arn {
		return Credentials{}, fmt.Errorf("the sandbox has %s in the place of %s", ro.arn(a), arn)
	}
	return s.temporary(credential{account: a, role: ro, session: &session{name: "i-0123456789abcdef0"}}, now, time.Hour).public(), nil
}
