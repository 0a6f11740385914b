package awsops

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
)

// Files are where the AWS SDKs and the CLI read profiles, and Tokens the folder in which
// they look for the tokens of sign-ins; empty for the one below the process's home.
type Files struct{ Credentials, Config, Tokens string }

// defaultProfile is the one that counts where none is named.
const defaultProfile = "default"

// errElsewhere is why a run that is alone with its endpoint asks nobody else: no
// machine's or container's credentials, no portal that a profile signs in at.
var errElsewhere = errors.New("only the endpoint of this run may be asked")

// alone makes the SDK go by the run's own files and endpoint instead of the process's
// environment, which it reads whatever it is given (config v1.33.15, config.go:226).
// What it cannot parse there, and a missing AWS_CA_BUNDLE, stay errors.
func (c Config) alone() ([]func(*config.LoadOptions) error, error) {
	at, err := url.Parse(c.Endpoint)
	if err != nil || at.Host == "" {
		return nil, fmt.Errorf("a run with files of its own needs an endpoint of its own, and %q is not one", c.Endpoint)
	}
	client := newHTTPClient(c.Parallel, c.Bounds.orDefault()).WithDialerOptions(func(d *net.Dialer) {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			if address != at.Host {
				return errElsewhere
			}
			return nil
		}
	})
	return []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithSharedCredentialsFiles([]string{c.Files.Credentials}),
		config.WithSharedConfigFiles([]string{c.Files.Config}),
		config.WithSharedConfigProfile(defaultProfile),                                                 // or AWS_PROFILE would, and keys of the environment
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) { o.HTTPClient = client }), // which has its own
		config.WithUseFIPSEndpoint(aws.FIPSEndpointStateDisabled),
		config.WithUseDualStackEndpoint(aws.DualStackEndpointStateDisabled),
	}, nil
}

// settled is what counts of a configuration that was loaded so: the environment says
// more of it in spite of the options. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS takes the
// endpoint away (resolve.go:118), every client asks the sources for
// AWS_ENDPOINT_URL_<SERVICE> (env_config.go:705), AWS_REGION comes before a profile's.
func settled(loaded aws.Config, endpoint, region string) aws.Config {
	for _, source := range loaded.ConfigSources {
		if shared, ok := source.(config.SharedConfig); ok {
			region = cmp.Or(region, shared.Region)
		}
	}
	return aws.Config{
		Region: region, BaseEndpoint: &endpoint, Credentials: loaded.Credentials,
		HTTPClient: loaded.HTTPClient, Retryer: loaded.Retryer, Logger: loaded.Logger,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
}

// withEmptyProfile lets load read a file with a default profile that says nothing.
func withEmptyProfile(load func(path string) (aws.Config, error)) (aws.Config, error) {
	file, err := os.CreateTemp("", "stateroom-profile-")
	if err != nil {
		return aws.Config{}, fmt.Errorf("an empty profile cannot be written: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // a temporary file of our own
	_, err = file.WriteString("[" + defaultProfile + "]\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return aws.Config{}, fmt.Errorf("an empty profile cannot be written: %w", err)
	}
	return load(file.Name())
}
