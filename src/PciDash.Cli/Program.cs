using PciDash.Cli;

using var input = Console.OpenStandardInput();
using var output = Console.OpenStandardOutput();
return CommandLineApp.Run(args, input, output, Console.Error);
