package dev.halfrate.processor.admin;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.OidcConfig;
import java.text.ParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.eclipse.jetty.http.HttpStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tokens that an OpenID issuer signs, checked against the keys that it publishes. Safe for threads. */
final class SignedTokens {
    private static final Logger LOG = LoggerFactory.getLogger(SignedTokens.class);

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
    private final DefaultJWTProcessor<SecurityContext> processor;
    /** Told of once, until they are there again. */
    private final AtomicBoolean away = new AtomicBoolean();

    SignedTokens(OidcConfig config) {
        this(config, System::nanoTime);
    }

    SignedTokens(OidcConfig config, LongSupplier nanos) {
        this.config = config;
        processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        processor.setJWSKeySelector(
                new JWSVerificationKeySelector<>(ALGORITHMS, new IssuerKeys(config.issuer(), nanos)));
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
                config.audience(),
                new JWTClaimsSet.Builder().issuer(config.issuer()).build(),
                Set.of("sub", "exp")));
    }

    /** @param role empty if its holder may nothing */
    record Holder(String name, Optional<Role> role) {}

    /**
     * @return empty if it is none of the issuer's for us, or not valid any more
     * @throws ProblemException if the issuer's keys cannot be had
     */
    Optional<Holder> holder(String token) {
        try {
            var claims = processor.process(token, null);
            away.set(false);
            return Optional.of(new Holder(claims.getSubject(), config.role(values(claims))));
        } catch (ParseException | BadJOSEException e) {
            LOG.debug("a token is refused: {}", e.getMessage());
            return Optional.empty();
        } catch (KeySourceException e) {
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
}
