package dev.halfrate.processor.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of this build, with what it runs on. */
public final class Version implements IVersionProvider {
    static String line() {
        var version = Version.class.getPackage().getImplementationVersion();
        return "halfrate %s (Java %s)"
                .formatted(Objects.requireNonNullElse(version, "from sources"), Runtime.version());
    }

    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }
}
