@cap:shared-eni
Feature: eni-config
  A configuration that is not understood is refused with the key's path; the last
  good one stays in force, and running pods go on.

  @req:CFG-1
  Scenario Outline: <flaw> harms no pod
    Given a node "n1" with:
      | config address_rest | "1s" |
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    And "a" reaches "b" over TCP with IPv4
    When the configuration of "n1" becomes «<text>»
    Then an event of "n1" tells "<told>"
    And "a" reaches "b" over TCP with IPv4
    And "a" reaches "b" over UDP with IPv6
    When a pod "c" comes to "n1"
    Then "c" reaches "a" over TCP with IPv4

    Examples:
      | flaw                             | text                                                  | told          |
      | An unknown key                   | {"frobnicate": 1}                                     | frobnicate    |
      | A key of the wrong kind          | {"max_pool_size": "many"}                             | max_pool_size |
      | A misspelt family                | {"ip_stack": "ipv5"}                                  | ip_stack      |
      | A minimum above its maximum      | {"min_pool_size": 9, "max_pool_size": 3}              | pool_size     |
      | A block that is none             | {"service_cidr": "172.21.0.0"}                        | service_cidr  |
      | A layout under running pods      | {"rule_layout": "upstream"}                           | rule_layout   |
      | A family less under running pods | {"ip_stack": "ipv4", "service_cidr": "172.21.0.0/20"} | ip_stack      |
      | A text that is no JSON           | {"ip_stack":                                          | JSON          |
