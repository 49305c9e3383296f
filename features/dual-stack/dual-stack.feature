@cap:dual-stack
Feature: Dual stack
  Each pod has an address of either family, and both work.

  @req:IP6-1 @cap:shared-eni
  Scenario: Each pod has one address of either family
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    Then "a" has 1 IPv4 and 1 IPv6 address
    And "b" has 1 IPv4 and 1 IPv6 address
    And no two pods have an address in common
    And "a" reaches "b" over TCP with IPv4
    And "a" reaches "b" over TCP with IPv6

  @req:IP6-1 @cap:shared-eni
  Scenario: With IPv4 alone a pod has no other address
    Given a node "n1" with:
      | config ip_stack     | "ipv4"          |
      | config service_cidr | "172.21.0.0/20" |
    And a pod "a" on "n1"
    Then "a" has 1 IPv4 and 0 IPv6 address

  @req:IP6-3 @cap:shared-eni
  Scenario: Nodes speak IPv4 to the control plane
    Given a node "n1"
    And a pod "a" on "n1"
    Then "a" has 1 IPv4 and 1 IPv6 address
    And every connection of "n1" to the API server uses IPv4

  @req:IP6-4 @cap:shared-eni
  Scenario Outline: A type with <which> IPv6 than IPv4 addresses is refused
    Given a node "n1" of type "plumbline.odd.dual"
    And a node "n2" of type "<type>" that asks to join
    Then "n2" is refused, unlike "n1", and told "IPv6"

    Examples:
      | which | type                     |
      | fewer | plumbline.odd.ipv6-fewer |
      | more  | plumbline.odd.ipv6-more  |

  @req:IP6-4 @cap:shared-eni
  Scenario: With IPv4 alone the type does not matter
    Given a node "n1" with:
      | type                | plumbline.odd.ipv6-fewer |
      | config ip_stack     | "ipv4"                   |
      | config service_cidr | "172.21.0.0/20"          |
    Then "n1" is admitted
