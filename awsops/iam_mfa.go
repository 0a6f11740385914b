package awsops

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// MFADevice is a second factor that is enabled for a user.
type MFADevice struct {
	// Serial is the ARN of a virtual device (…:mfa/NAME) or of a security key
	// (…:u2f/…), and the number of a hardware token.
	Serial string
}

// Virtual says that the device is an authenticator app's, which is deleted by
// itself once nobody uses it.
func (d MFADevice) Virtual() bool { return strings.Contains(d.Serial, ":mfa/") }

// GivesCodes says that the device shows codes that can be typed; a security key
// does not.
func (d MFADevice) GivesCodes() bool {
	return d.Virtual() || !strings.HasPrefix(d.Serial, "arn:")
}

// MFADevices lists the devices that are enabled for a user.
func (s *Session) MFADevices(ctx context.Context, user string) ([]MFADevice, error) {
	pages := iam.NewListMFADevicesPaginator(s.iam(), &iam.ListMFADevicesInput{UserName: aws.String(user)})
	return list(ctx, s, pages, user, func(page *iam.ListMFADevicesOutput) []MFADevice {
		return each(page.MFADevices, func(d types.MFADevice) MFADevice { return MFADevice{Serial: aws.ToString(d.SerialNumber)} })
	})
}

// UnassignedMFADevices lists the serial numbers of virtual devices that were
// made and never enabled, or were deactivated.
func (s *Session) UnassignedMFADevices(ctx context.Context) ([]string, error) {
	pages := iam.NewListVirtualMFADevicesPaginator(s.iam(),
		&iam.ListVirtualMFADevicesInput{AssignmentStatus: types.AssignmentStatusTypeUnassigned})
	return list(ctx, s, pages, "", func(page *iam.ListVirtualMFADevicesOutput) []string {
		return each(page.VirtualMFADevices, func(d types.VirtualMFADevice) string { return aws.ToString(d.SerialNumber) })
	})
}

// CreateVirtualMFADevice makes a device that is nobody's second factor yet.
// Output: "serial"; the seed comes in [Outputs.Secret], once.
func CreateVirtualMFADevice(name string) Call {
	return call(&iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String(name)})
}

// EnableMFADevice makes a device a user's second factor. It takes two codes in a
// row.
func EnableMFADevice(user, serial, first, second string) Call {
	return call(&iam.EnableMFADeviceInput{
		UserName: aws.String(user), SerialNumber: aws.String(serial),
		AuthenticationCode1: aws.String(first), AuthenticationCode2: aws.String(second),
	})
}

// IsWrongCode says that AWS did not take a code: it is another one than the
// device shows now, or was used before.
func IsWrongCode(err error) bool {
	return HasCode(err, "InvalidAuthenticationCode") ||
		IsAccessDenied(err) && strings.Contains(messageOf(err), "invalid MFA one time pass code")
}

// IsUnknownDevice says that AWS knows no MFA device of that serial number that is
// the caller's, or does not know it yet.
func IsUnknownDevice(err error) bool {
	return IsAccessDenied(err) && strings.Contains(messageOf(err), "unable to validate MFA code")
}

// DeactivateMFADevice ends a device's being a user's second factor.
func DeactivateMFADevice(user, serial string) Call {
	return call(&iam.DeactivateMFADeviceInput{UserName: aws.String(user), SerialNumber: aws.String(serial)})
}

// DeleteVirtualMFADevice deletes a virtual device that is nobody's second factor.
func DeleteVirtualMFADevice(serial string) Call {
	return call(&iam.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(serial)})
}
