package dev.halfrate.processor.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of this build, with what it runs on. */
public final class Version implements IVersionProvider {
    static String line() {
        return "halfrate %s (Java %s)".formatted(release(), Runtime.version());
    }

    static String release() {
        return Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "from sources");
    }

    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }
}
