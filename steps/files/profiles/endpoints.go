package profiles

import (
	"strings"

	"stateroom/steps/files"
)

// Endpoint is a setting by which a profile sends requests elsewhere than to AWS.
type Endpoint struct {
	Service string // as the services section names it (s3, sts, dynamodb); empty for all
	URL     string
	Place   files.Place
}

// endpointURL is the setting, of a profile and of a service in a services section.
const endpointURL = "endpoint_url"

// Endpoints are the addresses that a profile of the config file names, those of single
// services, in the services section that it refers to, first: they win over that of all
// ("Service-specific endpoints", AWS SDKs and Tools Reference Guide). A profile that says
// ignore_configured_endpoint_urls has none.
func Endpoints(config files.Snapshot, name string) []Endpoint {
	p, there := Read(Config, config, name)
	if !there || strings.EqualFold(p.Get("ignore_configured_endpoint_urls"), "true") {
		return nil
	}
	var found []Endpoint
	if section := p.Get("services"); section != "" {
		found = serviceEndpoints(config, section)
	}
	for _, v := range p.Values {
		if v.Key == endpointURL && v.Value.Reveal() != "" {
			found = append(found, Endpoint{URL: v.Value.Reveal(), Place: files.Place{Path: config.Path, Line: v.Line}})
		}
	}
	return found
}

// serviceEndpoints reads a services section: its settings are indented below the name of
// their service.
func serviceEndpoints(config files.Snapshot, name string) (found []Endpoint) {
	within, service := false, ""
	for i, l := range iniLines(config.Bytes) {
		text := strings.TrimSpace(cutComment(l.text(config.Bytes)))
		switch l.typ {
		case lineHeader:
			kind, of, _ := strings.Cut(strings.Trim(text, "[]"), " ")
			within, service = strings.TrimSpace(kind) == "services" && unquote(strings.TrimSpace(of)) == name, ""
		case lineKey:
			service = l.key
		case lineIndented:
			key, value, _ := strings.Cut(text, "=")
			if within && service != "" && strings.EqualFold(strings.TrimSpace(key), endpointURL) && strings.TrimSpace(value) != "" {
				found = append(found, Endpoint{Service: service, URL: strings.TrimSpace(value), Place: files.Place{Path: config.Path, Line: i + 1}})
			}
		case lineBlank, lineComment, lineJunk:
		}
	}
	return found
}

// EndpointOf is what counts of some for a service.
func EndpointOf(service string, all []Endpoint) (Endpoint, bool) {
	for _, e := range all {
		if e.Service == service || e.Service == "" {
			return e, true
		}
	}
	return Endpoint{}, false
}
