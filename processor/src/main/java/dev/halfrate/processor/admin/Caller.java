package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.AdminConfig.Role;

/**
 * Who asks.
 *
 * @param name of a token, {@code oidc:} and the subject of a signed one, or {@code local}
 * @param bearer whether a token was wanted
 */
record Caller(String name, Role role, boolean bearer) {}
