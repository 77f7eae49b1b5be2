"""Messages of `doppelgrid.control.v1`, generated from `control.proto` by `make proto`."""
