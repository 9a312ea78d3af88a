use relex_train::{configuration_reference, resolve_pretraining, resolve_with_origins};

use crate::{args::ConfigCommand, progress::show};

pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Show(arguments) => {
            let (file, sets) = (&arguments.config, &arguments.set);
            let shown = if arguments.pretrain {
                resolve_pretraining(file, sets)?.show()?
            } else {
                resolve_with_origins(file, sets)?.show()?
            };
            show(shown.trim_end());
        }
        ConfigCommand::Reference => show(configuration_reference().trim_end()),
    }
    Ok(())
}
