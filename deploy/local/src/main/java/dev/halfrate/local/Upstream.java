package dev.halfrate.local;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.CacheConfig;
import dev.halfrate.processor.config.CreateConfig;
import dev.halfrate.processor.config.DoubtConfig;
import dev.halfrate.processor.config.FilesConfig;
import dev.halfrate.processor.config.HttpConfig;
import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.config.Mode;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.SyncConfig;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/** Whom the simulator plays. */
enum Upstream {
    OPENAI("simulator", "openai", "/v1", ""),
    ANTHROPIC("simulator-anthropic", "anthropic", "/v1", ""),
    GATEWAY("simulator-gateway", "openai", "/gateway/v1", "input_file_content");

    private final String account;
    private final String provider;
    private final String path;
    private final String inlineField;

    Upstream(String account, String provider, String path, String inlineField) {
        this.account = account;
        this.provider = provider;
        this.path = path;
        this.inlineField = inlineField;
    }

    /** As the option names it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    AccountConfig account(URI simulator, String models) {
        return new AccountConfig(
                account,
                provider,
                simulator.resolve(path),
                new Secret("local"),
                account,
                List.of(models),
                List.of("*"),
                "24h",
                4,
                DoubtConfig.DEFAULT,
                "",
                List.of(),
                HttpConfig.DEFAULT,
                LimitsConfig.VENDORS,
                FilesConfig.KEEP,
                new CreateConfig(inlineField, ""),
                SyncConfig.DEFAULT,
                CacheConfig.NONE,
                Mode.BATCH,
                List.of());
    }
}
