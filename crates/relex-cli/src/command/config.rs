use relex_train::{configuration_reference, resolve_with_origins};

use crate::{args::ConfigCommand, progress::show};

pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Show(arguments) => {
            let resolved = resolve_with_origins(&arguments.config, &arguments.set)?;
            show(resolved.show()?.trim_end());
        }
        ConfigCommand::Reference => show(configuration_reference().trim_end()),
    }
    Ok(())
}
