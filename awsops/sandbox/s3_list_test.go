package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// FuzzListing cuts a listing into pages of any size: together they hold what
// one page without a limit holds, in the same order and nothing twice.
func FuzzListing(f *testing.F) {
	f.Add("a,b/1,b/2,b/c/3,d", "", "/", 1)
	f.Add("env:/w/k,env:/x/k,k,k.tflock", "env:/", "/", 2)
	f.Add("aa,aab,ab,b", "a", "ab", 1)
	f.Add("a,a/,a/b,a0", "a", "/", 1)
	f.Add("env:/,env:/0,x", "en", "0", -67)
	f.Fuzz(func(t *testing.T, keys, prefix, delimiter string, limit int) {
		b := &s3Bucket{versioning: "Enabled", keys: map[string][]*s3Version{}}
		for key := range strings.SplitSeq(keys, ",") {
			if key != "" {
				b.keys[key] = append(b.keys[key], &s3Version{key: key, id: string(rune('a' + len(b.keys[key])))})
			}
		}
		limit = 1 + (limit&0xff)%7
		whole := s3Listing{prefix: prefix, delimiter: delimiter, limit: 1_000_000}
		paged := whole
		paged.limit = limit
		current, versions := whole.page(b.objects(), "", ""), whole.page(b.versions(), "", "")
		if got, want := collect(t, paged.nextCurrent(b)), names(current); !slices.Equal(got, want) {
			t.Errorf("objects %q, want %q", got, want)
		}
		if got, want := collect(t, paged.nextVersions(b)), names(versions); !slices.Equal(got, want) {
			t.Errorf("versions %q, want %q", got, want)
		}
	})
}

// names lists a page's entries in order.
func names(p s3Page) []string {
	var out []string
	for _, v := range p.versions {
		out = append(out, v.key+"\x00"+v.id)
	}
	out = append(out, p.prefixes...)
	slices.Sort(out)
	return out
}

// nextCurrent gives page after page of the current objects.
func (l s3Listing) nextCurrent(b *s3Bucket) func(s3Page) s3Page {
	return func(before s3Page) s3Page { return l.page(b.objects(), before.last, "") }
}

// nextVersions gives page after page of all versions.
func (l s3Listing) nextVersions(b *s3Bucket) func(s3Page) s3Page {
	return func(before s3Page) s3Page { return l.page(b.versions(), before.last, before.lastID) }
}

func collect(t *testing.T, next func(s3Page) s3Page) []string {
	t.Helper()
	var out []string
	p := next(s3Page{})
	for range 10_000 {
		out = append(out, names(p)...)
		if !p.truncated {
			slices.Sort(out)
			return out
		}
		p = next(p)
	}
	t.Fatal("the pages have no end")
	return nil
}
