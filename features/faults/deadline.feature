@cap:agent @cap:shared-eni @req:FLT-15 @fault:deadline
Feature: An ADD takes longer than the runtime waits
  The runtime kills the plugin at its deadline, deletes the sandbox that was never
  made, and tries again with another one. Nothing of the first may stay, and nobody
  collects anything meanwhile.

  Scenario: The agent stands still
    Given a node "n1" with:
      | config min_pool_size | 0       |
      | config max_pool_size | 2       |
      | config address_rest  | "200ms" |
    And a pod "z" on "n1"
    And a sandbox "a" on "n1"
    When the agent of "n1" stands still
    And the runtime adds "a" and gives up after 500 ms
    And the runtime deletes "a" and gives up after 500 ms
    And the agent of "n1" goes on
    And the runtime deletes "a"
    Then it succeeds
    When the runtime deletes "a" again
    Then it succeeds, too
    When a second sandbox of pod "a" is made
    Then "n1" comes to serve "a"
    And "z" reaches "a" over TCP with IPv4
    And pods, cloud, kernel and reports of "n1" come to agree

  Scenario: All addresses rest
    All 12 addresses are in use but one, which rests; the next sandbox fits only when
    the first one that waited for it did not get it.

    Given a node "n1" with:
      | type                    | plumbline.odd.limit-12 |
      | config address_rest     | "3s"                   |
      | config allocate_timeout | "20s"                  |
      | config collect_period   | "10m"                  |
      | config max_pool_size    | 12                     |
    And 12 pods on "n1"
    And a sandbox "a" on "n1"
    When the runtime deletes "p1"
    Then it succeeds
    When the runtime adds "a" and gives up after 500 ms
    And the runtime deletes "a"
    Then it succeeds
    When the addresses of "p1" rest no longer
    And a second sandbox of pod "a" is made
    Then "n1" comes to serve "a"
    And "p2" reaches "a" over TCP with IPv4
    And pods, cloud, kernel and reports of "n1" come to agree

  Scenario: An ADD that fails by itself names the cause
    Given a node "n1" with:
      | type                 | plumbline.odd.limit-12 |
      | config address_rest  | "200ms"                |
      | config max_pool_size | 12                     |
    And 12 pods on "n1"
    And a sandbox "a" on "n1"
    When the runtime adds "a"
    Then it fails with code 11, unlike "ADD p1"
    And its error names "limit of 12"
    When the runtime deletes "a"
    Then it succeeds
    When the runtime deletes "p1"
    Then it succeeds
    When a second sandbox of pod "a" is made
    Then "n1" comes to serve "a"
    And pods, cloud, kernel and reports of "n1" come to agree
