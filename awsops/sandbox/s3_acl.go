package sandbox

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// Access control lists of buckets are kept and given back, and stand in the way of what
// they stand in the way of; nobody is let in by one. Objects have none.

const (
	xsi        = "http://www.w3.org/2001/XMLSchema-instance"
	s3Groups   = "http://acs.amazonaws.com/groups/"
	everyone   = s3Groups + "global/AllUsers"
	allOfAWS   = s3Groups + "global/AuthenticatedUsers"
	logWriters = s3Groups + "s3/LogDelivery"
)

// aclGrant gives an account, by its canonical id, or a group, by its URI, a permission.
type aclGrant struct {
	Grantee struct {
		Type attr   `xml:"http://www.w3.org/2001/XMLSchema-instance type,attr"`
		ID   string `xml:",omitempty"`
		URI  string `xml:",omitempty"`
	}
	Permission string
}

// attr is an attribute's value.
type attr string

func grantTo(id, uri, permission string) (g aclGrant) {
	g.Grantee.Type, g.Grantee.ID, g.Grantee.URI, g.Permission = "CanonicalUser", id, uri, permission
	if uri != "" {
		g.Grantee.Type = "Group"
	}
	return g
}

type accessControlPolicy struct {
	Owner  s3Owner
	Grants []aclGrant `xml:"AccessControlList>Grant"`
}

// MarshalXML is the grant as S3 writes it, with the type of the grantee.
func (g aclGrant) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	type grantee struct {
		NS   string `xml:"xmlns:xsi,attr"`
		Type attr   `xml:"xsi:type,attr"`
		ID   string `xml:",omitempty"`
		URI  string `xml:",omitempty"`
	}
	return e.EncodeElement(struct { //nolint:wrapcheck // the encoder's own
		Grantee    grantee
		Permission string
	}{grantee{xsi, g.Grantee.Type, g.Grantee.ID, g.Grantee.URI}, g.Permission}, start)
}

// showACL shows the owner alone where access control lists are off.
func showACL(b *s3Bucket) (any, error) {
	owner := canonicalID(b.account)
	out := accessControlPolicy{Owner: s3Owner{owner}, Grants: []aclGrant{grantTo(owner, "", "FULL_CONTROL")}}
	if b.ownership != "BucketOwnerEnforced" {
		out.Grants = append(out.Grants, b.grants...)
	}
	return out, nil
}

// cannedACLs are what the header x-amz-acl gives whom besides the owner.
var cannedACLs = map[string][]aclGrant{
	"private":            nil,
	"public-read":        {grantTo("", everyone, "READ")},
	"public-read-write":  {grantTo("", everyone, "READ"), grantTo("", everyone, "WRITE")},
	"authenticated-read": {grantTo("", allOfAWS, "READ")},
	"log-delivery-write": {grantTo("", logWriters, "WRITE"), grantTo("", logWriters, "READ_ACP")},
}

// putACL takes a canned list, or one in the body.
func putACL(c *s3Call) (response, error) {
	canned := c.http.Header.Get("X-Amz-Acl")
	grants, known := cannedACLs[canned]
	if canned == "" {
		var in accessControlPolicy
		if err := readXML(c, &in); err != nil {
			return response{}, err
		}
		owner := canonicalID(c.bucket.account)
		grants = slices.DeleteFunc(in.Grants, func(g aclGrant) bool { return g.Grantee.ID == owner })
	} else if !known {
		return response{}, invalidArgument("")
	}
	public := slices.ContainsFunc(grants, func(g aclGrant) bool { return strings.HasPrefix(g.Grantee.URI, s3Groups+"global/") })
	switch {
	case c.bucket.ownership == "BucketOwnerEnforced" && len(grants) > 0:
		return response{}, badRequest("AccessControlListNotSupported", "The bucket does not allow ACLs")
	case public && c.bucket.access != nil && c.bucket.access.BlockPublicAcls:
		return response{}, fail(http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	c.bucket.grants = grants
	return response{}, nil
}

// websiteConfiguration is stored as it came and given back; nothing is served.
type websiteConfiguration struct {
	Text string `xml:",innerxml"`
}

func showWebsite(b *s3Bucket) (any, error) {
	if b.website == nil {
		return nil, absent("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
	}
	return b.website, nil
}

func putWebsite(b *s3Bucket, in websiteConfiguration) error {
	b.website = &in
	return nil
}
