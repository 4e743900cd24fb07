import Commands
import Glibc

// A reader that closes the pipe early is no error.
signal(SIGPIPE, SIG_IGN)
var console = Console.standard()
let status = CommandList.run(Array(CommandLine.arguments.dropFirst()), &console)
exit(status.rawValue)
