package sandbox

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// directory is who is in an identity store.
type directory struct {
	people      map[string]*person // by id, as are the next two
	teams       map[string]*team
	memberships map[string]*membership
}

func newDirectory() directory {
	return directory{map[string]*person{}, map[string]*team{}, map[string]*membership{}}
}

// person is a user of the identity store, who is none of IAM.
type person struct {
	id, userName, displayName string
	name                      *personName
	emails                    []personEmail
	external                  []externalID
	created                   time.Time
}

// team is a group of the identity store.
type team struct {
	id, displayName, description string
	external                     []externalID
	created                      time.Time
}

// membership is one person's in one team.
type membership struct {
	id      string
	team    *team
	person  *person
	created time.Time
}

type personName struct {
	Formatted, FamilyName, GivenName string `json:",omitempty"`
}

type personEmail struct {
	Value   string
	Type    string `json:",omitempty"`
	Primary bool
}

// externalID is how the identity provider that made somebody names them.
type externalID struct{ Issuer, Id string }

// alternateID finds somebody by an attribute, or by what an identity provider calls them.
type alternateID struct {
	ExternalId      *externalID
	UniqueAttribute *struct {
		AttributePath  string
		AttributeValue json.RawMessage // a document
	}
}

// is says whether the identifier is this value of an attribute, or one of these.
func (a alternateID) is(path, value string, external []externalID) bool {
	if a.ExternalId != nil {
		return slices.Contains(external, *a.ExternalId)
	}
	var text string
	return a.UniqueAttribute != nil && strings.EqualFold(a.UniqueAttribute.AttributePath, path) &&
		json.Unmarshal(a.UniqueAttribute.AttributeValue, &text) == nil && strings.EqualFold(text, value)
}

func (d directory) teamBy(a alternateID) *team {
	for _, t := range inOrder(d.teams) {
		if a.is("displayName", t.displayName, t.external) {
			return t
		}
	}
	return nil
}

func (d directory) personBy(a alternateID) *person {
	for _, p := range inOrder(d.people) {
		if a.is("userName", p.userName, p.external) || len(p.emails) > 0 && a.is("emails.value", p.emails[0].Value, nil) {
			return p
		}
	}
	return nil
}

// membership is that of a person in a team, by their ids.
func (d directory) membership(teamID, personID string) *membership {
	for _, m := range d.memberships {
		if m.team.id == teamID && m.person.id == personID {
			return m
		}
	}
	return nil
}

// teamNamed and personNamed find by the names that must be unique in a store.
func (d directory) teamNamed(name string) *team {
	for _, t := range d.teams {
		if strings.EqualFold(t.displayName, name) {
			return t
		}
	}
	return nil
}

func (d directory) personNamed(name string) *person {
	for _, p := range d.people {
		if strings.EqualFold(p.userName, name) {
			return p
		}
	}
	return nil
}

// addTeam, addPerson and join put somebody into the store.
func (s *core) addTeam(t *team, now time.Time) *team {
	t.id, t.created = s.ids.uuid(), now
	s.center.teams[t.id] = t
	s.appears(s.center.storeARN("group/"+t.id), now)
	return t
}

// addPerson gives an id of the older form, the store's and a UUID, which people have
// whose store is of 2020; those of teams here are of the newer form.
func (s *core) addPerson(p *person, now time.Time) *person {
	p.id, p.created = strings.TrimPrefix(s.center.storeID, "d-")+"-"+s.ids.uuid(), now
	s.center.people[p.id] = p
	s.appears(s.center.storeARN("user/"+p.id), now)
	return p
}

func (s *core) join(t *team, p *person, now time.Time) *membership {
	m := &membership{id: s.ids.uuid(), team: t, person: p, created: now}
	s.center.memberships[m.id] = m
	s.appears(s.center.storeARN("membership/"+m.id), now)
	return m
}

// Directory puts people into groups of the identity store and makes those of them that
// are not there, as an identity provider does that synchronizes ([CenterOptions.Issuer])
// or somebody in the console. People are named by their user names, groups by their
// display names.
func (s *Server) Directory(groups map[string][]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.center == nil {
		return errors.New("sandbox: nobody has enabled IAM Identity Center")
	}
	now := s.options.Now()
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		t := s.center.teamNamed(name)
		if t == nil {
			t = s.addTeam(&team{displayName: name, external: s.center.named(name)}, now)
		}
		for _, userName := range groups[name] {
			p := s.center.personNamed(userName)
			if p == nil {
				p = s.addPerson(&person{
					userName: userName, displayName: userName, name: &personName{FamilyName: userName, GivenName: userName},
					emails: []personEmail{{Value: userName, Type: "work", Primary: true}}, external: s.center.named(userName),
				}, now)
			}
			if s.center.membership(t.id, p.id) == nil {
				s.join(t, p, now)
			}
		}
	}
	return nil
}

// named is what the identity provider that fills the store calls somebody, if there is one.
func (c *identityCenter) named(name string) []externalID {
	if c.options.Issuer == "" {
		return nil
	}
	return []externalID{{c.options.Issuer, name}}
}
