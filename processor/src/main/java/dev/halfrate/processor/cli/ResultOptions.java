package dev.halfrate.processor.cli;

import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.transfer.ResultForm;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where results go, in which form, and how long they are waited for. */
final class ResultOptions {
    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description = {
                "Write results to FILE instead of standard output. The file appears when it is whole; an older one of that name"
                        + " stays until then. With --follow it grows by whole lines, behind what it has."
            })
    @Nullable
    Path out;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "record",
            description = {
                "How results are written (default: ${DEFAULT-VALUE}):",
                "record   a JSON line as on the results topic, a large answer joined to it",
                "vendor   a JSON line as in the vendor's own batch output file",
                "text     custom_id, a tab and the answer's text, where line breaks are \\n and tabs \\t"
            })
    ResultForm form = ResultForm.RECORD;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "Wait no longer than this for results, such as 30m (default: as long as it takes).")
    @Nullable
    Duration timeout;

    /** As in the configuration. */
    static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return Durations.parse("it", text);
            } catch (ConfigException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }
}
