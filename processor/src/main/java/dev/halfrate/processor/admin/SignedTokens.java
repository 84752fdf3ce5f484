package dev.halfrate.processor.admin;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.OidcConfig;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.text.ParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tokens that an OpenID issuer signs, checked against the keys that it publishes. Safe for threads. */
final class SignedTokens {
    private static final Logger LOG = LoggerFactory.getLogger(SignedTokens.class);
    private static final int CONNECT_MS_MAX = 3_000;
    private static final int READ_MS_MAX = 3_000;
    private static final int BYTES_MAX = 256 * 1024;

    /** None that a public key could be misused for. */
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    private final OidcConfig config;
    private final DefaultResourceRetriever documents =
            new DefaultResourceRetriever(CONNECT_MS_MAX, READ_MS_MAX, BYTES_MAX);
    /** Told of once, until they are there again. */
    private final AtomicBoolean away = new AtomicBoolean();

    private @Nullable DefaultJWTProcessor<SecurityContext> processor;

    SignedTokens(OidcConfig config) {
        this.config = config;
    }

    /** @param role empty if its holder may nothing */
    record Holder(String name, Optional<Role> role) {}

    /**
     * @return empty if it is none of the issuer's for us, or not valid any more
     * @throws ProblemException if the issuer's keys cannot be had
     */
    Optional<Holder> holder(String token) {
        try {
            var claims = processor().process(token, null);
            away.set(false);
            return Optional.of(new Holder(claims.getSubject(), config.role(values(claims))));
        } catch (ParseException | BadJOSEException | RateLimitReachedException e) {
            // Its key was unknown a moment ago: strangers do not make us ask the issuer all the time.
            LOG.debug("a token is refused: {}", e.getMessage());
            return Optional.empty();
        } catch (KeySourceException | IOException e) {
            if (!away.getAndSet(true)) {
                LOG.warn("the keys of {} cannot be had: {}", config.issuer(), e.getMessage());
            }
            throw new ProblemException(HttpStatus.SERVICE_UNAVAILABLE_503, "the issuer's keys cannot be had");
        } catch (JOSEException e) {
            LOG.debug("a token cannot be checked: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private List<String> values(JWTClaimsSet claims) {
        return switch (claims.getClaim(config.roleClaim())) {
            case String one -> List.of(one);
            case List<?> list ->
                list.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList();
            case null, default -> List.of();
        };
    }

    /** The issuer is asked where its keys are when they are first needed; the keys are kept, and asked for anew for an unknown one. */
    private synchronized DefaultJWTProcessor<SecurityContext> processor() throws IOException {
        var known = processor;
        if (known != null) {
            return known;
        }
        var made = new DefaultJWTProcessor<SecurityContext>();
        made.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys()));
        made.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
                config.audience(),
                new JWTClaimsSet.Builder().issuer(config.issuer()).build(),
                Set.of("sub", "exp")));
        processor = made;
        return made;
    }

    private JWKSource<SecurityContext> keys() throws IOException {
        var description = URI.create(config.issuer().replaceAll("/$", "") + "/.well-known/openid-configuration");
        try {
            var json = JSONObjectUtils.parse(
                    documents.retrieveResource(description.toURL()).getContent());
            if (!config.issuer().equals(json.get("issuer"))) {
                throw new IOException("what is described there is another issuer");
            }
            var keys = URI.create(JSONObjectUtils.getString(json, "jwks_uri"));
            if (!keys.getScheme().equals(description.getScheme())) {
                throw new IOException("its keys are not at https");
            }
            return JWKSourceBuilder.<SecurityContext>create(keys.toURL(), documents)
                    .build();
        } catch (ParseException | IllegalArgumentException | MalformedURLException e) {
            throw new IOException("its description cannot be read", e);
        }
    }
}
