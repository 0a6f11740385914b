package practice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
)

// Serve runs a sandbox without a lab on addr until the context ends, whose
// error it returns, after printing the environment that points the AWS CLI and Terraform to it. The
// secret among it opens nothing but this sandbox.
func Serve(ctx context.Context, addr string, o Options, out io.Writer) error {
	if !loopback(addr) {
		return fmt.Errorf("the sandbox is served on this machine alone, and %s is not a loopback address: give --listen 127.0.0.1:PORT", addr)
	}
	server := sandbox.New(o.sandbox())
	server.EnableIdentityCenter(sandbox.CenterOptions{Region: o.region()})
	if err := server.Start(ctx, addr); err != nil {
		return fmt.Errorf("the sandbox cannot be started: %w", err)
	}
	_, err := io.WriteString(out, exports(server, o))
	if err == nil {
		<-ctx.Done()
		err = fmt.Errorf("the sandbox was ended: %w", ctx.Err())
	}
	return errors.Join(err, server.Close())
}

// exports are the shell's commands that point the AWS CLI, every SDK and
// Terraform at the sandbox with all that they ask.
func exports(server *sandbox.Server, o Options) string {
	operator := server.Operator()
	set := awsops.EndpointVariables(server.URL())
	set["AWS_ACCESS_KEY_ID"], set["AWS_SECRET_ACCESS_KEY"] = operator.AccessKeyID, operator.SecretAccessKey
	set["AWS_REGION"], set["AWS_DEFAULT_REGION"] = o.region(), o.region()
	set["AWS_EC2_METADATA_DISABLED"] = "true"
	for _, entry := range o.Environ { // what leads one service elsewhere would win
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
			set[name] = server.URL()
		}
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&out, "export %s=%s\n", name, set[name])
	}
	return out.String()
}

// loopback tells whether an address is reached from this machine alone: what
// the sandbox takes for secure transport is none on a network.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
