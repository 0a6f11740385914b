package files

// modesMean is false: Windows makes up the bits from the read-only attribute.
const modesMean = false
