Feature: Pods reach each other

  @req:REACH-1
  Scenario: Two pods of one node
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    Then "a" reaches "b" over TCP with IPv4
    And "a" reaches "b" over ICMP with IPv6
