// Code that configures a client needs no import besides this module.
@_exported public import GRPCWeb
