package sandbox

import (
	"encoding/xml"
	"net/http"
)

// xmlNode is any XML element: what S3 stores and gives back unread.
type xmlNode struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []xmlNode `xml:",any"`
}

// child is the text of the first child of that name.
func (n xmlNode) child(name string) string {
	for _, c := range n.Children {
		if c.XMLName.Local == name {
			return c.Text
		}
	}
	return ""
}

// plain takes namespaces away, so that the document can be written again, and
// the white space between elements.
func (n xmlNode) plain() xmlNode {
	out := xmlNode{XMLName: xml.Name{Local: n.XMLName.Local}}
	for _, c := range n.Children {
		out.Children = append(out.Children, c.plain())
	}
	if len(n.Children) == 0 {
		out.Text = n.Text
	}
	return out
}

// lifecycleConfiguration is stored and given back; nothing expires in a
// sandbox.
type lifecycleConfiguration struct {
	XMLName   xml.Name  `xml:"LifecycleConfiguration"`
	Namespace string    `xml:"xmlns,attr,omitempty"`
	Rules     []xmlNode `xml:"Rule"`
}

func (s *Server) s3GetLifecycle(c *s3Call) (response, error) {
	if err := s.setting(c, "GetLifecycleConfiguration", nil); err != nil {
		return response{}, err
	}
	if c.bucket.lifecycle == nil {
		return response{}, absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
	}
	out, err := s3XML(*c.bucket.lifecycle)
	if err == nil {
		out.header.Set("X-Amz-Transition-Default-Minimum-Object-Size", "all_storage_classes_128K")
	}
	return out, err
}

func (s *Server) s3PutLifecycle(c *s3Call) (response, error) {
	var in lifecycleConfiguration
	if err := s.setting(c, "PutLifecycleConfiguration", &in); err != nil {
		return response{}, err
	}
	if len(in.Rules) == 0 || len(in.Rules) > 1000 {
		return response{}, malformedXML()
	}
	stored := &lifecycleConfiguration{Namespace: s3Namespace}
	for _, rule := range in.Rules {
		rule = rule.plain()
		if status := rule.child("Status"); status != "Enabled" && status != "Disabled" {
			return response{}, malformedXML()
		}
		if rule.child("ID") == "" {
			id := xmlNode{XMLName: xml.Name{Local: "ID"}, Text: s.ids.lower(40)}
			rule.Children = append([]xmlNode{id}, rule.Children...)
		}
		stored.Rules = append(stored.Rules, rule)
	}
	c.bucket.lifecycle = stored
	return response{header: http.Header{"X-Amz-Transition-Default-Minimum-Object-Size": {"all_storage_classes_128K"}}}, nil
}

func (s *Server) s3GetObjectLock(c *s3Call) (response, error) {
	if err := s.setting(c, "GetBucketObjectLockConfiguration", nil); err != nil {
		return response{}, err
	}
	return response{}, absent("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
}
