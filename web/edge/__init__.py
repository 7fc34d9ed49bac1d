"""What stands between the network and the application: sockets, addresses, names, rates. Only `serve` puts it there."""
