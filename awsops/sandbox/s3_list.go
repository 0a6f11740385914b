package sandbox

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// s3Listing are the parameters that the listings share.
type s3Listing struct {
	prefix, delimiter string
	encode            bool
	limit             int
}

// listing reads the parameters and asks whether the caller may list; the
// condition keys are those parameters that were sent.
func (s *s3Service) listing(c *s3Call, action, limitName string) (s3Listing, error) {
	conditions := map[string][]string{}
	for parameter, key := range map[string]string{"prefix": "s3:prefix", "delimiter": "s3:delimiter", limitName: "s3:max-keys"} {
		if c.query.Has(parameter) {
			conditions[key] = []string{c.query.Get(parameter)}
		}
	}
	if err := s.allow(c, action, "", conditions); err != nil {
		return s3Listing{}, err
	}
	l := s3Listing{prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter"), limit: 1000}
	if text := c.query.Get(limitName); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return l, invalidArgument("Provided %s not an integer or within integer range", limitName)
		}
		l.limit = min(n, l.limit)
	}
	switch c.query.Get("encoding-type") {
	case "url":
		l.encode = true
	case "":
	default:
		return l, invalidArgument("Invalid Encoding Method specified in Request")
	}
	return l, nil
}

// text writes a key as the caller asked for it.
func (l s3Listing) text(key string) string {
	if !l.encode {
		return key
	}
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}

// rollUp is the common prefix that stands for a key, or "" if the key stands
// for itself.
func (l s3Listing) rollUp(key string) string {
	if l.delimiter == "" {
		return ""
	}
	if i := strings.Index(key[len(l.prefix):], l.delimiter); i >= 0 {
		return key[:len(l.prefix)+i+len(l.delimiter)]
	}
	return ""
}

// s3Page collects keys and common prefixes after a marker.
type s3Page struct {
	versions  []*s3Version
	prefixes  []string
	last      string // the last key or prefix taken
	lastID    string // its version id
	truncated bool
}

func (p *s3Page) size() int { return len(p.versions) + len(p.prefixes) }

// take adds an entry, or says that the page is full.
func (p *s3Page) take(l s3Listing, v *s3Version) bool {
	common := l.rollUp(v.key)
	if common != "" && len(p.prefixes) > 0 && p.prefixes[len(p.prefixes)-1] == common {
		return true
	}
	if p.size() == l.limit {
		p.truncated = l.limit > 0
		return false
	}
	if common != "" {
		p.prefixes, p.last, p.lastID = append(p.prefixes, common), common, ""
		return true
	}
	p.versions, p.last, p.lastID = append(p.versions, v), v.key, v.id
	return true
}

// page lists what comes after a marker: a key or a common prefix, or with an id
// one version of a key.
func (l s3Listing) page(all []*s3Version, key, id string) s3Page {
	var p s3Page
	passed := id == ""
	for _, v := range all {
		if !passed && v.key <= key {
			passed = v.key == key && v.id == id
			continue
		}
		if !strings.HasPrefix(v.key, l.prefix) || id == "" && key != "" && (v.key <= key || l.rollUp(v.key) == key) {
			continue
		}
		if !p.take(l, v) {
			break
		}
	}
	return p
}

type s3Entry struct {
	Key, LastModified, ETag string
	Size                    int
	StorageClass            string
	ChecksumAlgorithm       []string `xml:",omitempty"`
	ChecksumType            string   `xml:",omitempty"`
}

// entries writes the objects of a page.
func (l s3Listing) entries(p s3Page) []s3Entry {
	var out []s3Entry
	for _, v := range p.versions {
		e := s3Entry{Key: l.text(v.key), LastModified: s3Time(v.modified), ETag: `"` + v.etag + `"`, Size: len(v.body), StorageClass: "STANDARD", ChecksumType: v.checksumType}
		for _, algorithm := range slices.Sorted(maps.Keys(v.checksums)) {
			e.ChecksumAlgorithm = append(e.ChecksumAlgorithm, strings.ToUpper(algorithm))
		}
		out = append(out, e)
	}
	return out
}

type s3Prefix struct{ Prefix string }

// s3ListOut is what the answers of the listings share.
type s3ListOut struct {
	Name, Prefix   string
	Delimiter      string `xml:",omitempty"`
	MaxKeys        int
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	CommonPrefixes []s3Prefix
}

func (l s3Listing) out(c *s3Call, p s3Page) s3ListOut {
	out := s3ListOut{Name: c.name, Prefix: l.text(l.prefix), Delimiter: l.text(l.delimiter), MaxKeys: l.limit, IsTruncated: p.truncated}
	if l.encode {
		out.EncodingType = "url"
	}
	for _, prefix := range p.prefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, s3Prefix{l.text(prefix)})
	}
	return out
}

func (s *s3Service) listObjectsV2(c *s3Call) (response, error) {
	l, err := s.listing(c, "ListBucket", "max-keys")
	if err != nil {
		return response{}, err
	}
	after := c.query.Get("start-after")
	token := c.query.Get("continuation-token")
	if token != "" {
		raw, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return response{}, invalidArgument("The continuation token provided is incorrect")
		}
		after = string(raw)
	}
	p := l.page(c.bucket.objects(), after, "")
	out := struct {
		s3ListOut
		StartAfter            string `xml:",omitempty"`
		ContinuationToken     string `xml:",omitempty"`
		NextContinuationToken string `xml:",omitempty"`
		KeyCount              int
		Contents              []s3Entry
	}{
		s3ListOut: l.out(c, p), StartAfter: l.text(c.query.Get("start-after")), ContinuationToken: token, KeyCount: p.size(), Contents: l.entries(p),
	}
	if p.truncated {
		out.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(p.last))
	}
	return s3XML("ListBucketResult", out)
}

type s3VersionEntry struct {
	XMLName      xml.Name
	Key          string
	VersionId    string
	IsLatest     bool
	LastModified string
	ETag         string `xml:",omitempty"`
	Size         *int   `xml:",omitempty"`
	StorageClass string `xml:",omitempty"`
	Owner        s3Owner
}

func (s *s3Service) listVersions(c *s3Call) (response, error) {
	l, err := s.listing(c, "ListBucketVersions", "max-keys")
	if err != nil {
		return response{}, err
	}
	keyMarker, idMarker := c.query.Get("key-marker"), c.query.Get("version-id-marker")
	if idMarker != "" && keyMarker == "" {
		return response{}, invalidArgument("A version-id marker cannot be specified without a key marker.")
	}
	p := l.page(c.bucket.versions(), keyMarker, idMarker)
	out := struct {
		s3ListOut
		KeyMarker           string
		VersionIdMarker     string
		NextKeyMarker       string `xml:",omitempty"`
		NextVersionIdMarker string `xml:",omitempty"`
		Entries             []s3VersionEntry
	}{s3ListOut: l.out(c, p), KeyMarker: l.text(keyMarker), VersionIdMarker: idMarker, Entries: l.versionEntries(c.bucket, p)}
	if p.truncated {
		out.NextKeyMarker, out.NextVersionIdMarker = l.text(p.last), p.lastID
	}
	return s3XML("ListVersionsResult", out)
}

func (l s3Listing) versionEntries(b *s3Bucket, p s3Page) []s3VersionEntry {
	var out []s3VersionEntry
	for _, v := range p.versions {
		versions := b.keys[v.key]
		e := s3VersionEntry{
			XMLName: xml.Name{Local: "Version"}, Key: l.text(v.key), VersionId: v.id, IsLatest: versions[len(versions)-1] == v,
			LastModified: s3Time(v.modified), Owner: s3Owner{canonicalID(b.account)},
		}
		if v.marker {
			e.XMLName.Local = "DeleteMarker"
		} else {
			size := len(v.body)
			e.ETag, e.Size, e.StorageClass = `"`+v.etag+`"`, &size, "STANDARD"
		}
		out = append(out, e)
	}
	return out
}
