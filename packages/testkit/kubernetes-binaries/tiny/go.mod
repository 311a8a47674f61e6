// Programs for images of a few megabytes; standard library only.
module signalbox.dev/testkit/tiny

go 1.24.0
